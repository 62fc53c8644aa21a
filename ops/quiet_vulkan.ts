/**
 * The software Vulkan driver's complaint.
 *
 * @module
 */

const VARIABLE = "XDG_RUNTIME_DIR";

/** Files of a graphics device on Linux: of the kernel's drivers, of Nvidia's, of Windows's in WSL. */
const DEVICES = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

const mayUseVariable = (): boolean =>
  Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state === "granted";

/**
 * Gives the software Vulkan driver the variable that it complains of on standard error where it is missing (in
 * a container, over ssh), if the program may set it. It is to be called before the first adapter is asked for.
 */
export function quietVulkan(): void {
  // In a browser and in Node.js there is no Deno, nor such a driver within the process.
  if (typeof Deno === "undefined") return;
  if (!mayUseVariable()) return;
  if (Deno.env.get(VARIABLE) === undefined) Deno.env.set(VARIABLE, "/tmp");
}

/**
 * Whether the driver may complain although there is certainly no graphics hardware to find: on Linux, where the
 * program may not set the variable but may see that no device is there. Then there is no point in asking for an
 * adapter that is to be used only if it is hardware.
 */
export function complainsInVain(): boolean {
  if (typeof Deno === "undefined" || Deno.build.os !== "linux" || mayUseVariable()) return false;
  return DEVICES.every((path) => {
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
    try {
      Deno.statSync(path);
      return false;
    } catch (cause) {
      return cause instanceof Deno.errors.NotFound;
    }
  });
}
