/**
 * What is known about CIFAR-10's binary version as it was published.
 *
 * @module
 */

/** A gzipped tar archive on the web and what it holds. */
export interface PublishedArchive {
  /** As people call it: "CIFAR-10". */
  readonly title: string;
  /** The name of its folder in a cache: "cifar10". */
  readonly folder: string;
  /** Where it is. */
  readonly url: string;
  /** Of the archive as it is sent, in bytes. */
  readonly size: number;
  /** SHA-256 of the archive as it is sent. */
  readonly sha256: string;
  /** The folder inside that holds the files. */
  readonly inside: string;
  /** SHA-256 of the files inside, by name: the training batches, then the test batch. */
  readonly files: Readonly<Record<string, string>>;
  /** The most bytes that one of them may have. */
  readonly largest: number;
}

/** The test batch's file; all others are training batches. */
export const testFile = "test_batch.bin";

/** The file of the class names, one per line. */
export const namesFile = "batches.meta.txt";

/**
 * CIFAR-10's archive. Its author publishes its MD5, c32a1d4ab5d03f1284b67883e8d87530; the SHA-256
 * of it and of its files are those that torchvision's port to Ruby verifies (ankane/torchvision-ruby,
 * lib/torchvision/datasets/cifar10.rb).
 */
export const publishedCifar10: PublishedArchive = {
  title: "CIFAR-10",
  folder: "cifar10",
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  size: 170_052_171,
  sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
  inside: "cifar-10-batches-bin",
  files: {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    [testFile]: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
  },
  largest: 10_000 * 3073,
};

/** Where a person gets the archive, and where to put what is in it. */
export const howToGetArchive = ({ url, inside }: PublishedArchive): string =>
  `Download ${url}, unpack it (tar xzf ${
    url.slice(url.lastIndexOf("/") + 1)
  }) and name its folder ` +
  `${inside} with --data DIR or $SPARROW_DATA`;
