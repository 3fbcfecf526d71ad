// Characters that look like a Latin letter, a digit or a mark of an address, and what they look like. NFKD undoes full
// width, circles and styled letters; this table has what it leaves (Unicode Technical Standard 39).
// `src/omefree/guard/confusables.py` has the same; `tests/vectors/folds.json` compares.

export const CONFUSABLES: Readonly<Record<string, string>> = {
  // Cyrillic
  "а": "a", "в": "b", "г": "r", "е": "e", "з": "3", "и": "u", "к": "k", "м": "m", "н": "h", "о": "o", "п": "n",
  "р": "p", "с": "c", "т": "t", "у": "y", "х": "x", "ь": "b", "ѕ": "s", "і": "i", "ј": "j", "һ": "h", "ԁ": "d",
  "ԛ": "q", "ԝ": "w", "ӏ": "l",
  // Greek: small letters, then the capitals that look otherwise
  "α": "a", "β": "b", "γ": "y", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o", "ρ": "p",
  "σ": "o", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "Η": "h", "Μ": "m", "Ν": "n", "Υ": "y", "Ζ": "z",
  // Latin and Armenian
  "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ɑ": "a", "ɡ": "g", "օ": "o", "ո": "n", "ս": "u",
  "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k",
  "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w",
  "ʏ": "y", "ᴢ": "z",
  // marks
  "。": ".", "·": ".", "•": ".", "∙": ".", "・": ".", "۔": ".", "‐": "-", "–": "-", "—": "-", "−": "-", "⁄": "/",
  "∕": "/", "∶": ":", "’": "'", "【": "[", "】": "]", "⟨": "(", "⟩": ")", "→": ">", "➜": ">",
  "➡": ">",
};

/** The zeros of the decimal digits of other scripts; the nine others follow each of them (Unicode, category Nd). */
export const ZEROS: readonly number[] = [
  0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
  0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
  0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
];

/** What is not seen, or only seen on another character: from the first to the last of each. */
export const UNSEEN: readonly (readonly [number, number])[] = [
  [0x00AD, 0x00AD], [0x034F, 0x034F], [0x061C, 0x061C], [0x115F, 0x1160], [0x17B4, 0x17B5], [0x180B, 0x180F],
  [0x200B, 0x200F], [0x202A, 0x202E], [0x2060, 0x206F], [0x20D0, 0x20F0], [0x3164, 0x3164], [0xFE00, 0xFE0F],
  [0xFEFF, 0xFEFF], [0xFFA0, 0xFFA0], [0xE0000, 0xE0FFF],
];
