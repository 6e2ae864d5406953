/** English of the plainest kind: what any model that has learnt English finds likely. */
export const PLAIN_TEXT =
  "When the rain stopped, the old man opened the door and looked at the garden. The path was covered with leaves, and a " +
  "small bird was drinking from the bowl that his daughter had put under the tree. He called her name, but nobody " +
  "answered. So he put on his coat, took the key from the table and walked down to the river, where the boats lay side " +
  "by side in the morning light. A boy was sitting on the bridge with a book on his knees. “Have you seen her?” the man " +
  "asked. The boy shook his head. “She went to the market an hour ago,” he said, “because there was no bread left in " +
  "the house.” They waited together until the bells of the church began to ring, and then they saw her come along the " +
  "street with a basket in her hand.";

/** Texts of many kinds, by what they are. */
export const VARIED_TEXTS: Readonly<Record<string, string>> = {
  English: PLAIN_TEXT,
  code: "for (int i = 0; i < 10; i++) {\n\tsum += values[i] * 2.5e-3; // total\n}\nreturn sum == 0 ? NULL : &sum;\n",
  numbers: "3.14159 2,718 1e-9 0xFF 2024-07-26T00:00:00Z 1234567890 50% -40 °C",
  "white space": "a  b   c\t\td\n\n\ne\r\nf",
  French: "L’été dernier, ma sœur a déjà vu neuf cœurs brisés à Noël.",
  Russian: "Съешь же ещё этих мягких французских булок, да выпей чаю.",
  Arabic: "السلام عليكم ورحمة الله",
  Hindi: "सभी मनुष्य स्वतन्त्र जन्म लेते हैं",
  Chinese: "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。",
  Japanese: "いろはにほへと ちりぬるを カタカナ",
  Korean: "모든 인간은 태어날 때부터 자유롭다",
  emoji: "👩‍👩‍👧 🇳🇴 👍🏽 ❤️ 😀",
};

/** Texts of random Unicode characters, always the same: `count` of up to `longest` characters, from all planes. */
export function randomTexts(count: number, longest: number): string[] {
  const random = numbers();
  return Array.from({ length: count }, () => {
    const length = 1 + Math.floor(random() * longest);
    return String.fromCodePoint(...Array.from({ length }, () => codePoint(random)));
  });
}

/** What SentencePiece writes for a space, and so takes for one. */
const LOWER_ONE_EIGHTH_BLOCK = 0x2581;

/** Half of them from the first 0x3000 characters, where most scripts are; no surrogates, which are no characters. */
function codePoint(random: () => number): number {
  const point = Math.floor(random() * (random() < 0.5 ? 0x3000 : 0x110000));
  if (point === LOWER_ONE_EIGHTH_BLOCK) return codePoint(random);
  return point >= 0xd800 && point < 0xe000 ? point - 0x800 : point;
}

/** From 0 to 1, by the xorshift of 32 bits (Marsaglia 2003). */
function numbers(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
