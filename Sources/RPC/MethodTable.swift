internal import Messages

/// Finds methods by the names that calls carry, without an allocation.
///
/// An open-addressing table with at least four slots for each method, so that a look-up is nearly
/// always one comparison of each name. Not the policy's `NameTable`, whose hash reads all of a
/// name: here names come from peers and may be long, and each call is looked up.
package struct MethodTable: Sendable {
  /// What a look-up found.
  package enum Match: Equatable, Sendable {
    /// The method's index in the list that the table was made from.
    case method(Int)
    case unknownMethod
    case unknownService
  }

  private struct Slot: Sendable {
    var hash: UInt64 = 0
    /// The method's index, or a negative number for an empty slot.
    var index = -1
    /// Where the names are in `names`: the service's, directly followed by the method's.
    var start = 0
    var serviceCount = 0
    var methodCount = 0
  }

  private let slots: [Slot]
  private let names: [UInt8]
  private let services: [[UInt8]]
  private let requestStreams: [Bool]
  /// A bit for the length of the name of each method whose caller sends a stream. They are few, so
  /// that most other names need not be looked up.
  private let requestStreamLengths: UInt64

  package init(_ methods: [MethodDescriptor]) {
    var size = 16
    while size < methods.count * 4 { size *= 2 }
    var slots = [Slot](repeating: Slot(), count: size)
    var names: [UInt8] = []
    for (index, method) in methods.enumerated() {
      let service = Array(method.service.utf8)
      let name = Array(method.name.utf8)
      let hash = Self.hash(service.span, name.span)
      var place = Int(truncatingIfNeeded: hash) & (size - 1)
      while slots[place].index >= 0 { place = (place + 1) & (size - 1) }
      slots[place] = Slot(
        hash: hash, index: index, start: names.count, serviceCount: service.count,
        methodCount: name.count)
      names += service + name
    }
    self.slots = slots
    self.names = names
    services = Set(methods.map(\.service)).map { Array($0.utf8) }
    requestStreams = methods.map(\.kind.streamsRequests)
    requestStreamLengths = methods.filter(\.kind.streamsRequests)
      .reduce(0) { $0 | Self.lengthBit($1.name.utf8.count) }
  }

  /// Whether the caller of this method sends a stream of messages.
  package func streamsRequests(service: Span<UInt8>, method: Span<UInt8>) -> Bool {
    guard requestStreamLengths & Self.lengthBit(method.count) != 0,
      case .method(let index) = find(service: service, method: method)
    else { return false }
    return requestStreams[index]
  }

  private static func lengthBit(_ count: Int) -> UInt64 { 1 << UInt64(count & 63) }

  /// Finds the method with these names, compared byte by byte.
  package func find(service: Span<UInt8>, method: Span<UInt8>) -> Match {
    let hash = Self.hash(service, method)
    let slots = slots.span
    let names = names.span
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place].index >= 0 {
      let slot = slots[place]
      if slot.hash == hash, slot.serviceCount == service.count, slot.methodCount == method.count {
        let middle = slot.start + slot.serviceCount
        if names.extracting(slot.start..<middle).isEqual(to: service),
          names.extracting(middle..<(middle + slot.methodCount)).isEqual(to: method)
        {
          return .method(slot.index)
        }
      }
      place = (place + 1) & (slots.count - 1)
    }
    return services.contains { $0.span.isEqual(to: service) } ? .unknownMethod : .unknownService
  }

  /// Mixes the lengths with a few bytes of both names: enough to distinguish the contract's
  /// methods, and only a few loads however long a hostile name is.
  private static func hash(_ service: Span<UInt8>, _ method: Span<UInt8>) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: service.count &* 31 &+ method.count)
    for offset in 0..<min(4, method.count) {
      hash = (hash ^ UInt64(method[offset])) &* 0x100_0000_01b3
      hash = (hash ^ UInt64(method[method.count - 1 - offset])) &* 0x100_0000_01b3
    }
    for offset in 0..<min(3, service.count) {
      hash = (hash ^ UInt64(service[service.count / 2 - offset / 2])) &* 0x100_0000_01b3
    }
    return hash ^ (hash >> 29)
  }
}
