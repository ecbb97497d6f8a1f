using System.Buffers;

namespace Penstock.Framing;

/// <summary>Cuts frames out of a byte stream.</summary>
/// <remarks>
/// Implemented by small structs, one per connection: a decoder holds its format and, where that saves work, how far
/// it has looked. So keep it in a field that is not read-only, or every call works on a copy. A decoder touches no
/// socket, allocates nothing, and never throws for what a peer sent. Its results do not depend on how the stream was
/// cut into reads. Not thread-safe; a copy is an independent decoder.
/// </remarks>
public interface IFrameDecoder
{
    /// <summary>Looks for one whole frame at the start of <paramref name="input"/>.</summary>
    /// <param name="input">
    /// What has arrived and was not consumed. Until a frame is consumed it starts at the same stream position on every
    /// call and only grows; its address may change.
    /// </param>
    /// <param name="maxFrameBytes">
    /// The longest payload to accept, in bytes; headers, delimiters and trailers are not counted. Not negative, and
    /// the same until a frame is consumed.
    /// </param>
    /// <param name="payload">The frame's payload, a slice of <paramref name="input"/>; empty unless done.</param>
    /// <param name="consumed">
    /// Bytes to drop from the start of <paramref name="input"/>: the payload and all that wraps it; 0 unless done.
    /// </param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>: one frame was found, and the decoder is ready for the next.
    /// <see cref="OperationStatus.NeedMoreData"/>: the frame is not whole yet. The decoder remembers how far it has
    /// searched, so a frame that trickles in is not searched from its start again; a header of a few bytes may be.
    /// <see cref="OperationStatus.DestinationTooSmall"/>: the payload is longer than
    /// <paramref name="maxFrameBytes"/>. Decided as early as the bytes allow, before the body is there: from the
    /// length alone, or as soon as no delimiter can end the frame in time.
    /// <see cref="OperationStatus.InvalidData"/>: the stream is not this protocol.
    /// After either error the stream cannot be followed any more: asking again gives the same answer.
    /// </returns>
    public OperationStatus Decode(
        ReadOnlySpan<byte> input, int maxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed);

    /// <summary>Forgets all progress. Call it when the decoder is given to a new connection.</summary>
    public void Reset();
}
