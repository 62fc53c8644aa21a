/**
 * Small files that no package of the tests can write: 64 × 64 pixels, each quarter of one colour
 * (red, green, blue, yellow: `quarters`).
 *
 * @module
 */

/** The colours of the quarters: upper left, upper right, lower left, lower right. */
export const quarters = [[220, 40, 40], [40, 200, 60], [50, 60, 220], [230, 220, 90]] as const;

/** Arithmetic codes, by `cjpeg -arithmetic -quality 85` of libjpeg-turbo 2.1.5. */
export const arithmeticJpeg: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRER" +
    "GCEYGh0dHx8fExciJCIeJBweHx7/2wBDAQUFBQcGBw4ICA4eFBEUHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4e" +
    "Hh4eHh4eHh4eHh4eHh4eHh4eHh7/yQARCABAAEADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AKRc" +
    "zAe0FI6NIF2It3q1TqTRWFaQ/sWBzImfaBa6CPbVk26HsEBTjf/Z",
);

/** HEIC, by `heif-enc -q 60` of libheif 1.15.1. */
export const heic: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA" +
    "AAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAPwAAACNpaW5mAAAAAAABAAAA" +
    "FWluZmUCAAAAAAEAAGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEA" +
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgAAAMACAAA" +
    "AwAIQCIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAAAAAAAAAAEA" +
    "AQOBAoMAAABHbWRhdAAAADsoAa8J4CE5dV//+9Kf//w37yH7s2dnnn3usp/vwh//zAkcJ//PZEB/LKR3/x6RTI//zRll" +
    "/ldwL74oKA==",
);

/** PNG in Display P3, with its profile, by sharp 0.35.5: its red is stored as 202 59 50. */
export const displayP3Png: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAABP2lDQ1BpY2MAABiVfZC/SwJxGMY/l5V1WBA5Fhyh0FAQ" +
    "OdRSgRcFQRFqoDadp2agctz3wuZqqiVqibamGiJoaGjSsTEIHCv8AxoKaujHxVcHLahneT88PC/vywPKY94siHYNCkXH" +
    "jsyHtXgiqXlrePDTTS+DhimsxehcDEAYJWE6dp4feq2iyHk3mjOK6a3amb23O/MWnL4+eApUL/hfajojTOADCJiW7YCi" +
    "AUMlx5I8C/jNnJEGJQ6M2PFEEpQd6a81+EhyqsHnku1YRAelAmhrLZxq4UJ+Q96Vkt/7MsWVKNAFDCBYJoT+R6azntHR" +
    "GQPZ1+8eRDY03tjyhaHj3nVfguA9hM99130/cd2vJfAcQ8Xf3N9+gKmypKa3UIbLCVCvmt7wJPSpcLNpGbZRtzxAW3Yd" +
    "nk+hJwH9t6CufgN5X15BavQKkAAAAAlwSFlzAAAD6AAAA+gBtXtSawAAAKlJREFUaIHt2DERACEMRFE0ZejABBJQgEoa" +
    "akpKhJyCK+neTAyEhOzuT6vE0+qzPa2kgTCBZoWKT1xcoemMLkK2KHFnJYKZC260sdNFoCkS2RQpl1C/UIkOqwSwFchc" +
    "gxYLuDvR6fmP13PdT+ue8bSSBrYJDCtUfeLqCh1nNBOyTIkvK7GZuc2NDna6CjRVIjsiZRbqMypxYZUNbG1kbkCLFdw9" +
    "6PT5fYIPk7+Fab4hbSQAAAAASUVORK5CYII=",
);
