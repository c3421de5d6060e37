// Package backup writes the content of a database to a file, checks such files, and restores them into an empty database of either engine.
//
// It does not know the columns of tables: package store reads and writes whole rows, with secrets sealed as they are stored. Package
// archive compresses and encrypts the file. The format is described in docs/backup.md.
package backup
