/// Which boot of the machine this is.
package enum BootID {
  package static let byteCount = 16

  /// The kernel's random id of this boot; zeros, which are like no boot, where it can't be read.
  package static func read() -> [UInt8] {
    let none = [UInt8](repeating: 0, count: byteCount)
    guard let text = try? SmallFile.read(path: "/proc/sys/kernel/random/boot_id", atMost: 64)
    else { return none }
    var digits: [UInt8] = []
    for character in text {
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(character - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "-"), UInt8(ascii: "\n"): continue
      default: return none
      }
    }
    guard digits.count == 2 * byteCount else { return none }
    return (0..<byteCount).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }
}
