// What the pointer rests on and has something to say: {x, y, problems}, or null.
import { createStore } from "./graph.js";

export const tip = createStore(null);
