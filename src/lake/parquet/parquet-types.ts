import type { ParquetWriter, SchemaElement } from 'hyparquet-writer';

/** Types of the footer as the writing library has them: it carries its own version of the reading one. */
export type ColumnMetaData = NonNullable<ParquetWriter['row_groups'][number]['columns'][number]['meta_data']>;
export type Statistics = NonNullable<ColumnMetaData['statistics']>;
export type Encoding = ColumnMetaData['encodings'][number];
export type CompressionCodec = ColumnMetaData['codec'];
export type { SchemaElement };
