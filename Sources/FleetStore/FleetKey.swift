internal import Glibc
internal import Platform

/// The key that seals the rows of a fleet: 32 bytes, wiped in `deinit`. Every host of the fleet has
/// the same.
@safe package final class FleetKey: Sendable {
  private static let byteCount = 32

  // SAFETY: allocated in init, written there only, freed in deinit.
  private nonisolated(unsafe) let bytes: UnsafeMutablePointer<UInt8>

  /// Reads a file of 32 bytes, or of 64 hexadecimal digits in one line.
  ///
  /// - Throws: why it can't be used. The file must belong to this user or root, its group may at
  ///   most read it, and other users may have no rights.
  package convenience init(path: String) throws(FleetStoreError) {
    var text: [UInt8]
    let isPrivate: Bool
    do {
      let status = try FileStatus(path: path, followingLinks: true)
      isPrivate = status.isOwnedByUserOrRoot && status.permissions & 0o037 == 0
      text = try SmallFile.read(path: path, maximumBytes: 2 * Self.byteCount + 1)
    } catch {
      throw FleetStoreError("the fleet's key `\(path)` can't be read: \(error)")
    }
    defer {
      var span = text.mutableSpan
      SecretMemory.wipe(&span)
    }
    guard isPrivate else {
      throw FleetStoreError(
        "the fleet's key `\(path)` is open to others: it has to belong to you or root, mode 0600")
    }
    self.init(empty: ())
    guard fill(from: text) else {
      throw FleetStoreError(
        "the fleet's key `\(path)` is neither 32 bytes nor 64 hexadecimal digits")
    }
  }

  private init(empty: Void) {
    unsafe bytes = .allocate(capacity: Self.byteCount)
    unsafe bytes.initialize(repeating: 0, count: Self.byteCount)
  }

  deinit {
    unsafe SecretMemory.wipe(UnsafeMutableRawBufferPointer(start: bytes, count: Self.byteCount))
    unsafe bytes.deallocate()
  }

  /// Lends the 32 bytes.
  @unsafe func withBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    unsafe body(bytes)
  }

  private func fill(from text: [UInt8]) -> Bool {
    if text.count == Self.byteCount {
      for index in 0..<Self.byteCount { unsafe bytes[index] = text[index] }
      return true
    }
    let hasNewline = text.last == UInt8(ascii: "\n")
    guard text.count == 2 * Self.byteCount + (hasNewline ? 1 : 0) else { return false }
    for index in 0..<Self.byteCount {
      guard let high = Self.digit(text[2 * index]), let low = Self.digit(text[2 * index + 1]) else {
        return false
      }
      unsafe bytes[index] = high << 4 | low
    }
    return true
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
