/**
 * Waiting, but not for ever.
 *
 * @module
 */

/** Waits for work, so many milliseconds at most. What is not done by then goes on. */
export async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
