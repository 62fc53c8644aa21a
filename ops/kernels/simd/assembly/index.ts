// What the module exports.
export { adam } from "./adam";
export { drawMask, drawTriplets } from "./draws";
export { expandBytes, normaliseRows } from "./expand";
export { gemm } from "./gemm";
export { hardKwta, softGradient, softKwta } from "./kwta";
export { scanRows, searchLists, winningUnits } from "./lists";
export { packBits } from "./pack";
export { addTransposed, contrastRows, unitRows, unitSlopes } from "./pairs";
export { columnSums, plainRows, plainTimes, plainTransposedTimes } from "./plain";
export { activate, activateGradient, addAll, multiplyAll } from "./pointwise";
export { keepRows, listRows } from "./rows";
export { searchCodes, sliceCodes } from "./search";
export { scanTables } from "./tables";
export { tripletCosine } from "./triplet";
