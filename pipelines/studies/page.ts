/**
 * The page of a study: the circumstances first, then its sections, then all settings.
 *
 * @module
 */
import { type SectionPage, sectionPage } from "../report/sections.ts";
import { type Circumstances, circumstancesText, noticesOf } from "./record.ts";

/** The parts of a study's page. */
export interface StudyPage extends Omit<SectionPage, "about" | "notices" | "fileOf"> {
  /** Said in a sentence under the heading; a quick form and a notice of the data above all numbers. */
  readonly circumstances: Circumstances;
  /** What is said before the circumstances: what was done. */
  readonly task?: string;
  /** What is said after them: what the numbers are. */
  readonly reading?: string;
  /** What else a reader must know first, such as that the study is not finished. */
  readonly notices?: readonly string[];
}

/** The page as the text of an HTML file with nothing to load: light and dark, without script. */
export const studyPage = (
  { circumstances, task, reading, notices = [], ...parts }: StudyPage,
): string =>
  sectionPage({
    ...parts,
    about: [task, circumstancesText(circumstances), reading]
      .filter((text) => text !== undefined && text !== "").join(" "),
    notices: [...noticesOf(circumstances), ...notices],
  });
