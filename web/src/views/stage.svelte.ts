// What the visitor has arranged on the stage of a video chat. It lasts as long as the page, and is kept nowhere.

/** A corner of the stage; "auto": the one that the layout has free. */
export type Corner = "auto" | "top-start" | "top-end" | "bottom-start" | "bottom-end";

const arranged = $state({ corner: "auto" as Corner, isMineHidden: false, isLogOpen: true, volume: 1 });

/** The arrangement, for views to read and change. */
export function arrangement(): typeof arranged {
  return arranged;
}

/** The corner that lies in this direction from another, or the same. "auto" counts as bottom-end. */
export function cornerToward(corner: Corner, key: string, rightToLeft: boolean): Corner {
  const [row, side] = (corner === "auto" ? "bottom-end" : corner).split("-");
  const start = rightToLeft ? "ArrowRight" : "ArrowLeft";
  const end = rightToLeft ? "ArrowLeft" : "ArrowRight";
  const nextRow = key === "ArrowUp" ? "top" : key === "ArrowDown" ? "bottom" : row;
  const nextSide = key === start ? "start" : key === end ? "end" : side;
  return `${nextRow}-${nextSide}` as Corner;
}

/** The corner that is nearest to a point, given as parts of the stage's width and height from the top left. */
export function cornerAt(x: number, y: number, rightToLeft: boolean): Corner {
  const isStart = rightToLeft ? x > 0.5 : x < 0.5;
  return `${y < 0.5 ? "top" : "bottom"}-${isStart ? "start" : "end"}`;
}

interface Size {
  readonly width: number;
  readonly height: number;
}
const SEEN_LEAST = 0.7; // of a picture that fills its place; a face in the middle is seen whole

/** Whether a picture fills its place, cut at two sides, or is shown whole with bars beside it. */
export function fitOf(picture: Size, place: Size): "cover" | "contain" {
  if (picture.width * picture.height * place.width * place.height === 0) return "contain";
  const ratio = picture.width / picture.height / (place.width / place.height);
  return Math.min(ratio, 1 / ratio) >= SEEN_LEAST ? "cover" : "contain";
}
