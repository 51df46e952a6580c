internal import Messages
internal import Platform

/// The format of the log. It counts up with each kind of change, field or number that is added to
/// entries, and a version that reads a format reads every older one.
///
/// Which format is in force stands in the log: an entry raises it, in a fleet only once every
/// member can read the next one. Nothing is written beyond it. So a version that is too old comes
/// upon that entry before anything that it does not know, and stops there.
package enum EntryFormat {
  /// The format of a log from its beginning.
  package static let first: UInt32 = 1
  /// The newest that this version reads and writes.
  package static let newest: UInt32 = TrialFormat.newest ?? version

  private static let version: UInt32 = 1

  /// How entries are decoded: what is not known is refused, never passed over. For a trial of a
  /// later format its entries hold what no version knows.
  static var limits: DecodeLimits {
    var limits = DecodeLimits(bytes: 64 << 20)
    limits.refusesUnknownFields = newest <= version
    return limits
  }

  /// For a trial: makes of an entry one that no version knows, once its format is in force. It gets
  /// the field 2047.
  static func mark(_ encoded: inout ByteBuffer, in format: UInt32) {
    guard format > version else { return }
    for byte in [0xf8, 0x7f, 0x01] as [UInt8] { encoded.append(byte) }
  }
}
