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
const application = Application.start();
const { dispatcher } = application;
const { bindingDisconnected: letGo } = dispatcher;
// Stimulus keeps a button that is gone, and with it the whole ticket around it, as long as the controller that it called.
dispatcher.bindingDisconnected = (binding) => letGo.call(dispatcher, binding, true);
application.load(controllers);
startLive();
