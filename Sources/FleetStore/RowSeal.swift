internal import CCrypto
internal import Fleet
internal import Platform

/// Seals the entries of rows with AES-256-GCM, so that a party that can only write or read the
/// database can neither add entries nor read them. A row is bound to its fleet and its place.
///
/// A sealed row: four bytes that no length of an entry can be, the version, the nonce, the
/// encrypted entries, the tag. Nonces are random: a key is good for 2^32 rows (NIST SP 800-38D).
struct RowSeal {
  private static let beginning: [UInt8] = [0xff, 0xff, 0xff, 0xff, 1]
  private static let nonceCount = 12
  private static let tagCount = 16
  private static let overhead = beginning.count + nonceCount + tagCount

  private let key: FleetKey

  init(_ key: FleetKey) { self.key = key }

  func seal(_ row: LogRow, fleet: InstanceID) -> [UInt8] {
    var nonce = [UInt8](repeating: 0, count: Self.nonceCount)
    var span = nonce.mutableSpan
    SystemRandom.fill(&span)
    let head = Self.beginning + nonce
    let bound = Self.boundData(row, fleet: fleet)
    let body = unsafe [UInt8](unsafeUninitializedCapacity: row.entries.count + Self.tagCount) {
      buffer, count in
      // SAFETY: the call reads as many bytes as it is told, and writes the entries and the tag.
      let succeeded = unsafe key.withBytes { key in
        unsafe ccrypto_aes256gcm_seal(
          key, nonce, bound, bound.count, row.entries, row.entries.count, buffer.baseAddress)
      }
      precondition(succeeded == 1, "libcrypto failed to seal a row")
      count = row.entries.count + Self.tagCount
    }
    return head + body
  }

  /// The entries of a sealed row; nil if it was sealed with another key, for another fleet or
  /// place, or not at all, or was changed.
  func open(_ row: LogRow, fleet: InstanceID) -> [UInt8]? {
    let sealed = row.entries
    guard Self.isSealed(sealed) else { return nil }
    let nonce = Array(sealed[Self.beginning.count..<(Self.beginning.count + Self.nonceCount)])
    let body = Array(sealed[(Self.beginning.count + Self.nonceCount)...])
    let bound = Self.boundData(row, fleet: fleet)
    var isGenuine = false
    let entries = unsafe [UInt8](unsafeUninitializedCapacity: body.count) { buffer, count in
      // SAFETY: the call reads as many bytes as it is told, and writes fewer.
      let succeeded = unsafe key.withBytes { key in
        unsafe ccrypto_aes256gcm_open(
          key, nonce, bound, bound.count, body, body.count, buffer.baseAddress)
      }
      isGenuine = succeeded == 1
      count = isGenuine ? body.count - Self.tagCount : 0
    }
    return isGenuine ? entries : nil
  }

  /// Whether bytes have the form of a sealed row.
  static func isSealed(_ bytes: [UInt8]) -> Bool {
    bytes.count >= overhead && bytes.starts(with: beginning)
  }

  private static func boundData(_ row: LogRow, fleet: InstanceID) -> [UInt8] {
    var bytes = Array("postern fleet row".utf8)
    let values: [Parameter] = [.uuid(fleet), .integer(row.first), .integer(row.last)]
    for value in values { value.append(to: &bytes) }
    return bytes
  }
}

extension RowSeal? {
  /// The entries as they go into the database.
  ///
  /// - Throws: if it is not known yet for which fleet to seal.
  func closed(_ row: LogRow, fleet: InstanceID?) throws(UnsealableRow) -> [UInt8] {
    guard let self else { return row.entries }
    guard let fleet else { throw UnsealableRow() }
    return self.seal(row, fleet: fleet)
  }

  /// A row as it was before it was sealed.
  ///
  /// - Throws: if it does not open, or is not sealed as rows should be here.
  func opened(_ row: LogRow, fleet: InstanceID) throws(UnopenedRow) -> LogRow {
    guard let self else {
      guard !RowSeal.isSealed(row.entries) else {
        throw UnopenedRow(row, "is sealed: it needs a key")
      }
      return row
    }
    guard RowSeal.isSealed(row.entries) else { throw UnopenedRow(row, "is not sealed") }
    var opened = row
    guard let entries = self.open(row, fleet: fleet) else {
      throw UnopenedRow(row, "does not open: it was sealed with another key, or was changed")
    }
    opened.entries = entries
    return opened
  }
}

/// A row was to be sealed before a poll has told the fleet's id.
struct UnsealableRow: Error, CustomStringConvertible {
  var description: String { "the fleet is not known yet" }
}

/// A row whose entries can't be used.
struct UnopenedRow: Error {
  let refusal: DatabaseRefusal

  init(_ row: LogRow, _ reason: String) {
    refusal = DatabaseRefusal(
      state: DatabaseRefusal.unreadableRow,
      message: "row \(row.first) to \(row.last) of the fleet's log \(reason)")
  }
}
