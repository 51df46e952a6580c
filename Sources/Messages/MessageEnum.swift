/// An enumeration of the contract. It may hold numbers without a name, which a later version has
/// sent.
public protocol MessageEnum: RawRepresentable, Hashable, Sendable where RawValue == Int32 {
  /// The number on the wire; a number without a name is kept as it is.
  var rawValue: Int32 { get }

  /// Wraps a number of the wire.
  init(rawValue: Int32)

  /// The name in the contract; `nil` for a number that has none.
  var name: String? { get }
}

extension MessageEnum {
  /// As protobuf-c holds it.
  @inline(__always)
  init(number: UInt32) { self.init(rawValue: Int32(bitPattern: number)) }

  /// As protobuf-c holds it.
  @inline(__always)
  var number: UInt32 { UInt32(bitPattern: rawValue) }
}
