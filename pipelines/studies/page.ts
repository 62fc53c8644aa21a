/**
 * The HTML page of a study, the same for all of them: circumstances and warnings, then figures and tables,
 * then all settings.
 *
 * @module
 */
import { type SectionPage, sectionPage } from "../report/sections.ts";
import { type Circumstances, circumstancesText, noticesOf } from "./record.ts";

/** The content of a study's page. */
export interface StudyPage extends Omit<SectionPage, "about" | "notices" | "fileOf"> {
  /** Circumstances of the study, in a sentence under the heading and in warnings. */
  readonly circumstances: Circumstances;
  /**
   * Sentence on the task, before the circumstances.
   *
   * @default none
   */
  readonly task?: string;
  /**
   * Sentences after the circumstances that say how to read the numbers.
   *
   * @default none
   */
  readonly reading?: string;
  /**
   * Warnings beside those that the circumstances give, such as that the study is not finished.
   *
   * @default none
   */
  readonly notices?: readonly string[];
}

/** Renders the page as the text of an HTML file that loads nothing and has no script. */
export const studyPage = (
  { circumstances, task, reading, notices = [], ...parts }: StudyPage,
): string =>
  sectionPage({
    ...parts,
    about: [task, circumstancesText(circumstances), reading]
      .filter((text) => text !== undefined && text !== "").join(" "),
    notices: [...noticesOf(circumstances), ...notices],
  });
