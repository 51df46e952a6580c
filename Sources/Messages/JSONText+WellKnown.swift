internal import CMessages
internal import CProtobufC

extension JSONText {
  /// Appends a message that JSON shows in another form; false if it isn't one of these.
  ///
  /// SAFETY: the name is that of the message's own descriptor, so the struct is of that type.
  mutating func append(wellKnown name: String, _ message: UnsafePointer<ProtobufCMessage>) -> Bool {
    let address = unsafe UnsafeRawPointer(message)
    switch name {
    case "google.protobuf.Timestamp":
      let time = unsafe GoogleProtobuf.Timestamp(unsafeMessage: address)
      append(raw: "\"\(JSONTime(seconds: time.seconds).text(nanoseconds: time.nanos))\"")
    case "google.protobuf.Duration":
      let duration = unsafe GoogleProtobuf.Duration(unsafeMessage: address)
      append(raw: "\"\(JSONText.text(seconds: duration.seconds, nanoseconds: duration.nanos))\"")
    case "google.protobuf.FieldMask":
      let mask = unsafe GoogleProtobuf.FieldMask(unsafeMessage: address)
      var paths: [String] = []
      for index in 0..<mask.pathsCount {
        // SAFETY: the buffer doesn't leave the closure.
        let path = unsafe mask.paths(at: index).withUnsafeBufferPointer {
          unsafe String(decoding: $0, as: UTF8.self)
        }
        paths.append(path)
      }
      append(string: paths.joined(separator: ","))
    default: return false
    }
    return true
  }

  /// A duration as seconds with a fraction, as `1.500s`. Both parts carry the sign.
  private static func text(seconds: Int64, nanoseconds: Int32) -> String {
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return sign + String(seconds.magnitude) + fraction(nanoseconds: nanoseconds.magnitude) + "s"
  }

  /// A fraction of a second with its point, in 3, 6 or 9 digits; nothing for none.
  static func fraction(nanoseconds: UInt32) -> String {
    guard nanoseconds > 0 else { return "" }
    let digits = String(nanoseconds)
    let padded = String(repeating: "0", count: max(0, 9 - digits.utf8.count)) + digits
    if nanoseconds % 1_000_000 == 0 { return "." + padded.prefix(3) }
    if nanoseconds % 1_000 == 0 { return "." + padded.prefix(6) }
    return "." + padded
  }
}
