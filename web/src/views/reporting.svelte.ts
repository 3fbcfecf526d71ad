// Which left chat the dialog asks about. It outlives the screen that offered it, since a search stops while somebody chooses.

const current = $state<{ chat: string | null }>({ chat: null });

/** The id of the left chat that the dialog is about, or null if it is closed. */
export function reportingLast(): string | null {
  return current.chat;
}

/** Opens the dialog for this chat; null closes it. */
export function askReportOf(chat: string | null): void {
  current.chat = chat;
}
