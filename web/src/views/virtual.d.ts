/** The outlines that the build (web/build/icons.ts) makes of the icons in icons.ts: the `d` of a path, by name; struck or `off`: `name-off`. */
declare module "virtual:icons/first" {
  export const outlines: Readonly<Record<string, string>>;
}
declare module "virtual:icons/later" {
  export const outlines: Readonly<Record<string, string>>;
}
