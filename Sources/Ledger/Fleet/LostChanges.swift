package import Fleet
internal import Messages
package import Platform

/// Changes that a host had and its fleet's log does not, for good: a file in the data folder keeps
/// them for people, and for revokes to be decided anew.
///
/// The file: a word, the fleet's id, the first revision, the number of entries; then the entries as
/// a row of the fleet has them. It is as private as the ledger.
package struct LostChanges: Sendable {
  /// Its name in the folder.
  package let name: String
  package let fleet: InstanceID
  package let firstRevision: UInt64
  package let count: UInt64
  private let entries: [UInt8]

  fileprivate static let magic: [UInt8] = Array("PSTLOST1".utf8)
  private static let headCount = 40
  private static let prefix = "lost-"
  private static let maximumBytes = 1 << 30

  /// The names of such files in a folder, in ascending order of term and revision.
  package static func names(in folder: String) throws(Errno) -> [String] {
    let names = try FolderListing.names(in: FilePath(Array(folder.utf8)), followingLinks: true)
    return names.map { String(decoding: $0, as: UTF8.self) }
      .compactMap { name in numbers(of: name).map { (name, $0) } }
      .sorted { $0.1 < $1.1 }.map(\.0)
  }

  /// The term and the first revision in a file's name; nil for any other name.
  private static func numbers(of name: String) -> (UInt64, UInt64)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard name.hasPrefix(prefix), parts.count == 3, let term = UInt64(parts[1]),
      let revision = UInt64(parts[2]), name == self.name(term: term, firstRevision: revision)
    else { return nil }
    return (term, revision)
  }

  fileprivate static func name(term: UInt64, firstRevision: UInt64) -> String {
    "\(prefix)\(term)-\(firstRevision)"
  }

  /// Reads a file; nil for one that is not whole.
  package init?(_ name: String, in folder: String) {
    guard
      let bytes = try? SmallFile.read(path: "\(folder)/\(name)", maximumBytes: Self.maximumBytes),
      bytes.count >= Self.headCount, bytes.starts(with: Self.magic)
    else { return nil }
    let span = bytes.span
    self.name = name
    fleet = InstanceID(high: span.integer(at: 8), low: span.integer(at: 16))
    firstRevision = span.integer(at: 24)
    count = span.integer(at: 32)
    entries = Array(bytes[Self.headCount...])
    var found: UInt64 = 0
    guard (try? forEach { _ in found += 1 }) != nil, found == count else { return nil }
  }

  /// Gives the entries in their order.
  package func forEach(_ body: (Span<UInt8>) -> Void) throws(LostChangesTorn) {
    var rest = RowEntries(entries.span)
    do throws(RowEntries.Torn) {
      while let entry = try rest.next() { body(entry) }
    } catch { throw LostChangesTorn() }
  }
}

/// A file of lost changes that is not whole.
package struct LostChangesTorn: Error {}

extension Ledger {
  /// Keeps what stands in the log from a revision on in a file of the folder, and returns its name.
  /// It is on the disk then. Repeated, it writes the same file.
  package func keepLost(
    from first: UInt64, fleet: InstanceID, term: UInt64
  ) throws(StoreError) -> LostChanges {
    let rows = try rows(after: first - 1, maximumBytes: .max, term: term)
    let count = (rows.last?.last ?? first - 1) - (first - 1)
    var file = ByteBuffer()
    file.append(LostChanges.magic.span)
    for number in [fleet.high, fleet.low, first, count] { file.append(littleEndian: number) }
    for row in rows { file.append(row.entries.span) }
    let name = LostChanges.name(term: term, firstRevision: first)
    do throws(Errno) {
      try WholeFile.replace(
        path: "\(folder)/\(name)", with: file.bytes, mode: 0o600, isDurable: true)
    } catch { throw StoreError(code: error.code) }
    guard let kept = LostChanges(name, in: folder) else {
      throw .corrupted("the file `\(name)`, which was just written, can't be read")
    }
    return kept
  }
}
