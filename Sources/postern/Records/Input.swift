/// Something to read from.
package protocol Input: AnyObject {
  /// How many bytes there are in all; nil if that isn't known.
  var byteCount: Int? { get }
  /// Waits for the next bytes; none at the end.
  func read() throws(Failure) -> [UInt8]
}
