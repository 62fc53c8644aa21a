/**
 * The software Vulkan driver's complaint.
 *
 * @module
 */

const VARIABLE = "XDG_RUNTIME_DIR";

/**
 * Gives the software Vulkan driver the variable that it complains of on standard error where it is missing (in
 * a container, over ssh), if the program may set it. It is to be called before the first adapter is asked for.
 */
export function quietVulkan(): void {
  // In a browser and in Node.js there is no Deno, nor such a driver within the process.
  if (typeof Deno === "undefined") return;
  const permission = { name: "env", variable: VARIABLE } as const;
  if (Deno.permissions.querySync(permission).state !== "granted") return;
  if (Deno.env.get(VARIABLE) === undefined) Deno.env.set(VARIABLE, "/tmp");
}
