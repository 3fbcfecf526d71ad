// Which icon of the package lucide stands for what. The build reads this list and makes the outlines (build/icons.ts);
// nothing of it is in the page but these.

/** What an icon stands for, and its name there. */
export const ICONS = {
  video: "Video",
  text: "MessageSquareText",
  mic: "Mic",
  sound: "Volume2",
  flag: "Flag",
  stop: "Square",
  next: "SkipForward",
  again: "RotateCcw",
  send: "Send",
  close: "X",
  shield: "Shield",
  eye: "Eye",
  lock: "Lock",
  unlocked: "LockOpen",
  waiting: "Clock",
  sent: "Check",
  delivered: "CheckCheck",
  failed: "CircleAlert",
  keep: "Download",
  exit: "LogOut",
  shared: "Users",
  settings: "Settings2",
  globe: "Globe",
  down: "ArrowDown",
  copy: "Copy",
  translate: "Languages",
  smile: "Smile",
  more: "Ellipsis",
  full: "Maximize",
  pip: "PictureInPicture2",
  swap: "ArrowDownUp",
  flip: "SwitchCamera",
  picture: "Image",
  saver: "Leaf",
  retry: "RefreshCw",
} as const;
export type IconName = keyof typeof ICONS;

/** Those with a sign of their own for "off". */
export const OFF: Readonly<Partial<Record<IconName, string>>> = { video: "VideoOff", mic: "MicOff", sound: "VolumeX", eye: "EyeOff", full: "Minimize", picture: "ImageOff" };

/** Those that the first screen needs. The others come with what is loaded later. */
export const FIRST: readonly IconName[] = ["video", "text", "close", "shield", "lock", "unlocked", "settings", "globe"];
