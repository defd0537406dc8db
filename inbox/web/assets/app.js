// Starts the agent's screen: Turbo, the controllers, the line, the clock.

import "@hotwired/turbo";
import controllers from "gathered:controllers";
import { Application } from "@hotwired/stimulus";
import { startCarrying } from "./lib/carry.js";
import { startCopies } from "./lib/copies.js";
import { startLive } from "./lib/live.js";
import { startOutbox } from "./lib/outbox.js";
import { startStreams } from "./lib/streams.js";
import { startTimes } from "./lib/times.js";
import { startTokens } from "./lib/tokens.js";

startCarrying();
startCopies();
startStreams();
startTimes();
startOutbox();
startTokens();
Application.start().load(controllers);
startLive();
