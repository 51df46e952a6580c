internal import Fleet
internal import Messages
internal import Platform

/// A file with rows of the fleet's log as they stood in the database, sealed or not, before a
/// repair has removed them. No program reads it: it is for a person who wants to know what the rows
/// held.
///
/// The file: a word; then of each row its first and last revision, its term, the hash, the number
/// of bytes, all little-endian but the hash, and the bytes.
enum KeptRows {
  /// Writes the file, and returns its name. It is on the disk then.
  static func keep(_ rows: [LogRow], in folder: String) throws(Errno) -> String {
    guard let first = rows.first, let last = rows.last else { throw .invalidArgument }
    var file = ByteBuffer()
    file.append(Array("PSTCUT01".utf8).span)
    for row in rows {
      for number in [row.first, row.last, row.term] { file.append(littleEndian: number) }
      file.append(row.end.hash.bytes.span)
      file.append(littleEndian: UInt64(row.entries.count))
      file.append(row.entries.span)
    }
    let name = "cut-\(last.term)-\(first.first)"
    try WholeFile.replace(
      path: "\(folder)/\(name)", with: file.bytes, mode: 0o600, isDurable: true)
    return name
  }
}
