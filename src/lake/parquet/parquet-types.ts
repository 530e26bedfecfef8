import type { ParquetWriter, SchemaElement } from 'hyparquet-writer';

/** Types of the footer as the writing library has them: it carries its own version of the reading one. */
export type ColumnMetaData = NonNullable<ParquetWriter['row_groups'][number]['columns'][number]['meta_data']>;
/** The writer gives the count of NaN, too, which its types do not know. */
export type Statistics = NonNullable<ColumnMetaData['statistics']> & { readonly nan_count?: bigint };
export type Encoding = ColumnMetaData['encodings'][number];
export type CompressionCodec = ColumnMetaData['codec'];
export type { SchemaElement };
