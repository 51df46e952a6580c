internal import CEpochs
internal import Platform

// How a client gets the page: it sends a few bytes, alone on a connection of its own, and the
// answer brings the memory. The first byte is neither that of ttrpc nor of HTTP/2.
extension EpochPage {
  /// The first byte of a connection that asks for the page.
  package static let firstByte: UInt8 = 1

  /// Whether a connection that begins with these bytes asks for the page; nil as long as it may.
  package static func isAsked(for bytes: Span<UInt8>) -> Bool? {
    let hello = Array(POSTERN_EPOCHS_HELLO.utf8)
    guard bytes.count <= hello.count else { return false }
    for index in 0..<bytes.count where bytes[index] != hello[index] { return false }
    return bytes.count == hello.count ? true : nil
  }

  /// What is answered; the page goes with it. The time tells a client whether its clock is the
  /// same: in a namespace of times it may be another.
  package static func answer() -> [UInt8] {
    let time = UInt64(bitPattern: Clock.bootNanoseconds())
    return Array(POSTERN_EPOCHS_HELLO.utf8)
      + (0..<8).map { UInt8(truncatingIfNeeded: time >> (8 * UInt64($0))) }
  }
}
