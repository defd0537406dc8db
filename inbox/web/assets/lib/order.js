// Which rows a list shows and in what order: what the desk's query says, said again for rows that come by the line.

const OPEN = ["new", "open"];
const TABS = { open: OPEN, pending: ["pending"], resolved: ["resolved", "closed"] };
const RANK = { urgent: 0, high: 1, normal: 2, low: 3 };

const views = {
  mine: (row, { me }) => row.agent === me,
  unassigned: (row) => row.agent === "",
  all: () => true,
  late: (row) => row.late === "yes" && OPEN.includes(row.status),
  failed: (row) => row.attention !== "",
  snoozed: (row) => row.status === "snoozed",
  resolved: (row) => TABS.resolved.includes(row.status),
};

/** True where a list of `{view, tab, channel, me}` shows a row with these `data-` values. */
export function belongs(row, list) {
  if (list.channel && row.channel !== list.channel) return false;
  const fixed = ["late", "failed", "snoozed", "resolved"].includes(list.view);
  if (!fixed && !(TABS[list.tab || "open"] ?? OPEN).includes(row.status)) return false;
  return views[list.view]?.(row, list) ?? true;
}

const orders = {
  newest: (a, b) => b.at - a.at,
  oldest: (a, b) => a.at - b.at,
  waiting: (a, b) => (a.waiting || Number.POSITIVE_INFINITY) - (b.waiting || Number.POSITIVE_INFINITY) || b.at - a.at,
  trouble: (a, b) => (b.attentionAt || b.at) - (a.attentionAt || a.at),
  priority: (a, b) => RANK[a.priority] - RANK[b.priority] || b.at - a.at,
};

/** Less than 0 where the first row stands above the second in that order; newer tickets first among equals. */
export function compare(a, b, sort) {
  return (orders[sort] ?? orders.newest)(a, b) || Number(b.ticket) - Number(a.ticket);
}
