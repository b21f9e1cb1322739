// Stands in for d3-color, which assigns to `constructor` and `toString` of prototypes: with the
// window's frozen prototypes that throws before anything is shown. d3-interpolate and d3-transition
// ask for these names, and use them only to blend colours, which nothing here has them do.

function noColours(): never {
  throw new Error('d3-color is left out: see without-colours.ts');
}

export {
  noColours as color,
  noColours as rgb,
  noColours as hsl,
  noColours as lab,
  noColours as hcl,
  noColours as cubehelix,
};
