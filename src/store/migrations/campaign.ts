/** How sure a measurement is: purposes, A/A pairs, disturbances, other metrics than time. */
export const campaign = ``
