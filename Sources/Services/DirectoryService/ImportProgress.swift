internal import Ledger
internal import Messages

/// How far a message of an import has been applied.
struct ImportProgress {
  /// The record that is next.
  var next = 0
  /// The changes of the records before.
  var counts = ImportCounts()

  /// Where an earlier step has stopped; with nil, at the first record.
  init(_ continuation: Continuation?) {
    guard let position = continuation?.position else { return }
    next = Int(position.span.integer(UInt64.self, at: 0))
    counts = ImportCounts(position.span.extracting(8..<position.count))
  }

  /// Lets a further step continue from here. An import removes nothing.
  var continuation: Continuation {
    var position = ByteBuffer()
    position.append(littleEndian: UInt64(next))
    counts.encode(into: &position)
    return Continuation(subject: [], position: Array(copying: position.bytes))
  }
}
