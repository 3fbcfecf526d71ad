// The icons of all but the first screen: whatever is loaded later imports this file.

import { outlines } from "virtual:icons/later";

import { bring } from "./outlines.svelte.ts";

bring(outlines);
