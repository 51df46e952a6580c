internal import CProtobufC

/// Memory for the messages of one call: allocated by moving a pointer, freed all at once.
///
/// Hazard: protobuf-c unpacks 4 MiB of hostile bytes into 120 times as much. So the memory for
/// decoding is capped: past the cap the allocator returns NULL, protobuf-c unwinds, and the request
/// is refused. Building an answer is not capped here; its RPC bounds its content.
///
/// The memory may hold a secret, and is wiped when it is freed.
///
/// A view or builder borrows the arena, and `reset` needs it exclusively, so code with a view that
/// outlives its memory does not compile.
@safe
public struct Arena: ~Copyable {
  // SAFETY: `state` is allocated in init, owned only by this value, and freed in deinit. protobuf-c
  // gets its address and uses it only inside the calls that are given the allocator.
  private let state: UnsafeMutablePointer<ArenaState>

  /// The limits of decoding into the arena between two resets.
  public let limits: DecodeLimits

  /// Makes an arena whose first `initialBytes` survive every reset.
  public init(initialBytes: Int, limits: DecodeLimits = DecodeLimits()) {
    self.limits = limits
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(
      to: ArenaState(
        allocator: ProtobufCAllocator(
          alloc: allocateInArena, free: ignoreFree, allocator_data: UnsafeMutableRawPointer(state)),
        first: UnsafeMutableRawPointer.allocate(byteCount: initialBytes, alignment: 16),
        firstBytes: initialBytes, decodeLimitBytes: limits.bytes, chunks: []))
  }

  deinit {
    unsafe state.pointee.reset()
    unsafe state.pointee.first.deallocate()
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  /// Wipes all memory and takes it back.
  public mutating func reset() { unsafe state.pointee.reset() }

  /// The bytes that decoding has taken since the last reset.
  public var decodedBytes: Int { unsafe state.pointee.decodedBytes }

  /// The allocator to give to protobuf-c.
  var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
    // SAFETY: the allocator is the first stored property of the state.
    unsafe UnsafeMutableRawPointer(state).assumingMemoryBound(to: ProtobufCAllocator.self)
  }

  /// The handle that builders keep; valid as long as they are, since they borrow the arena.
  @usableFromInline var pointer: ArenaPointer { unsafe ArenaPointer(state: state) }
}

@unsafe
struct Chunk {
  let memory: UnsafeMutableRawPointer
  let bytes: Int
}

/// The state of an arena at a fixed address, which protobuf-c needs.
@unsafe
struct ArenaState {
  let allocator: ProtobufCAllocator
  let first: UnsafeMutableRawPointer
  let firstBytes: Int
  let decodeLimitBytes: Int
  var firstUsed = 0
  var decodedBytes = 0
  /// Further chunks, newest last; `chunkUsed` bytes of the newest are in use.
  var chunks: [Chunk]
  var chunkUsed = 0

  mutating func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let rounded = (bytes + 15) & ~15
    if unsafe rounded <= firstBytes - firstUsed {
      let place = unsafe first + firstUsed
      unsafe firstUsed += rounded
      return unsafe place
    }
    return unsafe allocateInChunk(rounded)
  }

  @inline(never)
  private mutating func allocateInChunk(_ rounded: Int) -> UnsafeMutableRawPointer {
    if let newest = unsafe chunks.last, unsafe rounded <= newest.bytes - chunkUsed {
      let place = unsafe newest.memory + chunkUsed
      unsafe chunkUsed += rounded
      return unsafe place
    }
    let size = unsafe max(rounded, firstBytes, (chunks.last?.bytes ?? 0) * 2)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    unsafe chunks.append(Chunk(memory: memory, bytes: size))
    unsafe chunkUsed = rounded
    return unsafe memory
  }

  mutating func reset() {
    unsafe wipe(first, count: firstUsed)
    unsafe firstUsed = 0
    unsafe decodedBytes = 0
    if unsafe !chunks.isEmpty { unsafe dropChunks() }
  }

  private mutating func dropChunks() {
    var used = unsafe chunkUsed
    while let chunk = unsafe chunks.popLast() {
      unsafe wipe(chunk.memory, count: used)
      unsafe chunk.memory.deallocate()
      used = unsafe chunks.last?.bytes ?? 0
    }
    unsafe chunkUsed = 0
  }
}

/// An arena's address, for the builders in it.
@unsafe
public struct ArenaPointer {
  let state: UnsafeMutablePointer<ArenaState>

  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer { unsafe state.pointee.allocate(bytes) }

  /// A NUL-terminated copy, the form of protobuf-c's strings.
  func copyString(_ bytes: Span<UInt8>) -> UnsafeMutablePointer<CChar> {
    let copy = unsafe allocate(bytes.count + 1)
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress {
        unsafe copy.copyMemory(from: base, byteCount: source.count)
      }
    }
    unsafe copy.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    return unsafe copy.assumingMemoryBound(to: CChar.self)
  }

  func copyBytes(_ bytes: Span<UInt8>) -> ProtobufCBinaryData {
    unsafe ProtobufCBinaryData(
      len: bytes.count,
      data: UnsafeMutableRawPointer(copyString(bytes)).assumingMemoryBound(to: UInt8.self))
  }

  /// An empty message, initialized by protobuf-c.
  @inline(__always)
  func start<Struct>(
    _ initialize: (UnsafeMutablePointer<Struct>?) -> Void
  ) -> UnsafeMutablePointer<Struct> {
    let message = unsafe allocate(MemoryLayout<Struct>.size)
      .bindMemory(to: Struct.self, capacity: 1)
    unsafe initialize(message)
    return unsafe message
  }

  /// Appends an element to a repeated field of `count` elements.
  func append<Element>(
    _ element: Element, to array: inout UnsafeMutablePointer<Element>?, _ count: inout Int
  ) {
    let larger = unsafe grow(array, count: count)
    unsafe larger[count] = element
    unsafe array = larger
    count += 1
  }

  /// Makes room for one more element after the `count` in `array`, doubling from four. The capacity
  /// follows from the count, so it is not stored.
  func grow<Element>(_ array: UnsafeMutablePointer<Element>?, count: Int)
    -> UnsafeMutablePointer<Element>
  {
    if let array = unsafe array, count >= 4, count & (count - 1) != 0 { return unsafe array }
    if let array = unsafe array, count > 0, count < 4 { return unsafe array }
    let room = max(4, count * 2)
    let larger = unsafe allocate(room * MemoryLayout<Element>.stride)
      .bindMemory(to: Element.self, capacity: room)
    if let array = unsafe array { unsafe larger.update(from: array, count: count) }
    return unsafe larger
  }
}

@c
func allocateInArena(_ data: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
  guard let data = unsafe data else { return nil }
  // SAFETY: the allocator was made with its arena's state as its data.
  let state = unsafe data.assumingMemoryBound(to: ArenaState.self)
  guard unsafe bytes <= state.pointee.decodeLimitBytes - state.pointee.decodedBytes else {
    return nil
  }
  unsafe state.pointee.decodedBytes += (bytes + 15) & ~15
  return unsafe state.pointee.allocate(bytes)
}

/// Does nothing: an arena frees its memory all at once, in its reset.
@c
func ignoreFree(_ data: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?) {}
