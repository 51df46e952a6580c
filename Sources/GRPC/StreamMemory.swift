/// What is known of the streams that a peer has begun, open or not, so that a frame on a closed one
/// can be judged (RFC 9113, section 5.1).
///
/// A side that resets a stream must expect frames that were already sent, but a side that has ended
/// a stream must not send more. libnghttp2 forgets a stream when it closes and then ignores its
/// frames, so the difference is kept here: the streams that this side has reset, those that the
/// peer has reset, and the ids that the peer has skipped. All others below the last one have ended
/// well. Each list is bounded and drops its oldest id, which then counts as ended.
struct StreamMemory {
  /// Why a stream does not exist any more.
  enum End {
    case resetHere
    case resetByPeer
    case ended
    case neverBegun
  }

  /// Which stream a frame belongs to.
  enum Frame {
    /// One that it begins.
    case begun
    /// The last one, which is open as far as its frames tell.
    case continued
    /// One that was begun before, and may have ended since.
    case known
    /// One that was never begun, and that the frame does not begin.
    case unknown
  }

  private static let gapsMaximum = 16

  /// The last stream that the peer has begun; zero for none.
  private var last: UInt32 = 0
  /// Whether the last one may still be open, as far as its frames tell.
  private var lastIsOpen = false
  private var gaps: [Range<UInt32>] = []
  private var resetsHere: RecentStreams
  private var resetsByPeer: RecentStreams

  init(capacity: Int) {
    resetsHere = RecentStreams(capacity: capacity)
    resetsByPeer = RecentStreams(capacity: capacity)
  }

  /// Whether a stream is known, but not known to be open.
  func mayBeClosed(_ id: UInt32) -> Bool { id < last || id == last && !lastIsOpen }

  /// Notes a HEADERS or DATA frame on a client's stream.
  mutating func take(_ id: UInt32, isHeaders: Bool, isEnd: Bool) -> Frame {
    if mayBeClosed(id) { return .known }
    if id == last {
      lastIsOpen = !isEnd
      return .continued
    }
    guard isHeaders else { return .unknown }
    if id > last + 2 {
      if gaps.count == Self.gapsMaximum { gaps.removeFirst() }
      gaps.append(last + 1..<id)
    }
    last = id
    lastIsOpen = !isEnd
    return .begun
  }

  mutating func resetHere(_ id: UInt32) { resetsHere.append(id) }

  mutating func resetByPeer(_ id: UInt32) {
    guard id <= last else { return }
    if id == last { lastIsOpen = false }
    resetsByPeer.append(id)
  }

  /// How a stream has ended. It must not be open, and not above the last.
  func end(of id: UInt32) -> End {
    if resetsHere.contains(id) { return .resetHere }
    if resetsByPeer.contains(id) { return .resetByPeer }
    return gaps.contains { $0.contains(id) } ? .neverBegun : .ended
  }
}

/// The most recently added ids.
private struct RecentStreams {
  private let capacity: Int
  private var ids: [UInt32] = []
  private var oldest = 0

  init(capacity: Int) { self.capacity = capacity }

  mutating func append(_ id: UInt32) {
    if ids.count < capacity { return ids.append(id) }
    ids[oldest] = id
    oldest = (oldest + 1) % capacity
  }

  func contains(_ id: UInt32) -> Bool { ids.contains(id) }
}
