// Starts the agent's screen.

import "@hotwired/turbo";
