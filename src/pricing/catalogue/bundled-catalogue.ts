import { Catalogue } from './catalogue.ts';
import { bundledData } from './catalogue-data.ts';

/** The catalogue that the gateway comes with. */
export const bundledCatalogue = new Catalogue(bundledData);
