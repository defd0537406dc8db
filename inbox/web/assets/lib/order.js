// Which rows a list shows and in what order: what the desk's query says, said again for rows that come by the line.

const STATUSES = { new: "open" };
const RANK = { urgent: 0, high: 1, normal: 2, low: 3 };

const now = () => Date.now() / 1000;

/** A clock's state → whether a row's clock is in it. */
const clocks = {
  soon: (row) => row.due >= now() && row.soon && row.soon <= now(),
  late: (row) => row.due && row.due < now(),
};

/** A field of the filter → whether a row with these `data-` values has one of its words. */
const fields = {
  status: (words, row) => words.includes("any") || words.includes(STATUSES[row.status] ?? row.status),
  channel: (words, row) => words.includes(row.channel),
  team: (words, row) => words.includes(row.team || "none"),
  agent: (words, row, me) => words.includes(row.agent || "none") || (row.agent === me && words.includes("me")),
  priority: (words, row) => words.includes(row.priority),
  tag: (words, row) => JSON.parse(row.tags || "[]").some((tag) => words.includes(tag)),
  field: (words, row) => {
    const has = JSON.parse(row.fields || "[]");
    const name = (word) => word.split(":")[0];
    return words.every((word) => words.some((each) => name(each) === name(word) && has.includes(each)));
  },
  followed: (_words, row, me) => (row.followers ?? "").split(" ").includes(me),
  language: (words, row) => words.includes(row.language || "none"),
  reason: (words, row) => words.includes(row.reason || "none"),
  waiting: (words, row) => Boolean(row.waiting) && now() - row.waiting > Math.min(...words) * 3600,
  due: (words, row) => words.some((word) => clocks[word](row)),
  mention: (_words, _row, _me, listed) => Boolean(listed), // its row does not say; see shell
  attention: (_words, row) => row.attention !== "",
};

/** True where a list of that filter (words by field) shows a row to `me`; `listed` where it does already. */
export function belongs(row, filter, me, listed) {
  return Object.entries({ status: ["open"], ...filter }).every(([name, words]) => fields[name](words, row, me, listed));
}

const orders = {
  newest: (a, b) => b.at - a.at,
  oldest: (a, b) => a.at - b.at,
  waiting: (a, b) => (a.waiting || Number.POSITIVE_INFINITY) - (b.waiting || Number.POSITIVE_INFINITY) || b.at - a.at,
  due: (a, b) => (a.due || Number.POSITIVE_INFINITY) - (b.due || Number.POSITIVE_INFINITY) || a.ticket - b.ticket,
  trouble: (a, b) => (b.attentionAt || b.at) - (a.attentionAt || a.at),
  priority: (a, b) => RANK[a.priority] - RANK[b.priority] || b.at - a.at,
};

/** Less than 0 where the first row stands above the second in that order; newer tickets first among equals. */
export function compare(a, b, sort) {
  return (orders[sort] ?? orders.newest)(a, b) || Number(b.ticket) - Number(a.ticket);
}
