"""What the sandbox's page says, in English and Italian."""

from __future__ import annotations

__all__ = ["LANGUAGES", "words"]

LANGUAGES = ("en", "it")

_WORDS = {
    "title": ("Sandbox: play the customer", "Sandbox: fai il cliente"),  # codespell:ignore cliente
    "sample": ("Nothing here reaches anybody.", "Nulla di ciò che scrivi raggiunge qualcuno."),
    "desk": ("Open the desk", "Apri lo sportello"),
    "shop": ("Web chat", "Chat sul sito"),
    "customers": ("Customers", "Clienti"),
    "channels": ("Channels", "Canali"),
    "other": ("Another address", "Un altro indirizzo"),
    "show": ("Show", "Mostra"),
    "empty": ("Nothing was said here yet.", "Qui non si è ancora detto nulla."),
    "write": ("Write as {name}", "Scrivi come {name}"),
    "subject": ("Subject of a new mail", "Oggetto di una nuova email"),
    "subject_hint": ("Empty answers the last mail.", "Vuoto: rispondi all’ultima email."),
    "file": ("File", "Allegato"),
    "send": ("Send", "Invia"),
    "refresh": ("Refresh", "Aggiorna"),
    "you": ("Customer", "Cliente"),  # codespell:ignore cliente
    "us": ("Desk", "Sportello"),
    "faults": ("Bad days", "Giornate no"),
    "faults_hint": ("Each button is for the next message on this channel.", "Vale per il prossimo messaggio."),
    "open": ("Still to come", "Ancora in arrivo"),
    "forget": ("Forget them", "Annulla"),
    "told": ("The desk answered {status}.", "Lo sportello ha risposto {status}."),
    "untold": ("No desk is connected to this channel.", "Nessuno sportello è collegato a questo canale."),
    "unreached": ("The desk could not be reached ({error}).", "Lo sportello non è raggiungibile ({error})."),
    "stored": ("The mail lies in the mailbox.", "L’email è nella casella."),
    "ordered": ("Ordered: {fault}.", "Ordinato: {fault}."),
    "sms": ("SMS", "SMS"),
    "email": ("Email", "Email"),
    "telegram": ("Telegram", "Telegram"),
    "messenger": ("Messenger", "Messenger"),
    "queued": ("on its way", "in viaggio"),
    "sent": ("sent", "inviato"),
    "delivered": ("delivered", "consegnato"),
    "undelivered": ("not delivered", "non consegnato"),
    "failed": ("failed", "non riuscito"),
    "read": ("read", "letto"),
    "edited": ("edited", "modificato"),
    "slow": ("Accept, answer after 8 s", "Accetta, risponde dopo 8 s"),
    "break_after_accept": ("Accept, then break the line", "Accetta, poi cade la linea"),
    "break_before_accept": ("Break the line before accepting", "Cade la linea prima di accettare"),
    "error": ("Server error", "Errore del server"),
    "busy": ("Too many requests", "Troppe richieste"),
    "undeliverable": ("Cannot be delivered", "Non recapitabile"),
    "repeat": ("Tell the desk twice", "Avvisa lo sportello due volte"),
    "reorder": ("Swap the next two", "Scambia i prossimi due"),
    "drop_callback": ("Lose the next status", "Perde il prossimo stato"),
    "late_price": ("Price after 30 s", "Prezzo dopo 30 s"),
    "is_slow": ("a slow answer", "una risposta lenta"),
    "is_break_after_accept": ("a broken line, accepted", "la linea cade, accettato"),
    "is_break_before_accept": ("a broken line, not accepted", "la linea cade, non accettato"),
    "is_error": ("an error", "un errore"),
    "is_repeat": ("told twice", "avviso doppio"),
    "is_reorder": ("out of order", "fuori ordine"),
    "is_drop_callback": ("a lost status", "uno stato perso"),
    "is_late_price": ("a late price", "un prezzo in ritardo"),
    "shop_title": ("Cirro Hosting", "Cirro Hosting"),
    "shop_text": (
        "An invented shop page with the desk’s web chat in its corner.",
        "La pagina di un negozio inventato, con la chat dello sportello nell’angolo.",
    ),
    "shop_missing": (
        "No web chat is configured: the desk has not named its site id.",
        "Nessuna chat configurata: lo sportello non ha indicato l’id del sito.",
    ),
    "back": ("Back to the customers", "Torna ai clienti"),
}


def words(language: str) -> dict[str, str]:
    """All of them in one language."""
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {key: both[column] for key, both in _WORDS.items()}
