using System.Buffers;

namespace Penstock.Tests.Framing;

/// <summary>A decoder and what the contract's tests need to know about its format.</summary>
internal abstract class DecoderCase
{
    /// <summary>The whole frame around a payload.</summary>
    public required Func<byte[], byte[]> Encode { get; init; }

    /// <summary>The same format, parsed independently.</summary>
    public required NaiveParser Naive { get; init; }

    /// <summary>Makes any bytes a payload that the format can carry, of the same length where it can.</summary>
    public Func<byte[], byte[]> ToPayload { get; init; } = static bytes => bytes;

    /// <summary>Bytes from which a random stream gets close to the format often.</summary>
    public required byte[] Alphabet { get; init; }

    /// <summary>The bytes from which a frame of that payload length can be known to be over a limit.</summary>
    public required Func<int, int> BytesToRefuse { get; init; }

    /// <summary>Feeds <paramref name="stream"/> to a fresh decoder in reads of the sizes given.</summary>
    public abstract FeedResult Feed(byte[] stream, int maxFrameBytes, IEnumerable<int> chunks);

    /// <summary>The status a fresh decoder gives to <paramref name="input"/>.</summary>
    public abstract OperationStatus FirstStatus(byte[] input, int maxFrameBytes);

    /// <summary>Feeds <paramref name="abandoned"/> to a decoder, resets it, and feeds it a new stream.</summary>
    public abstract FeedResult FeedAfterReset(byte[] abandoned, byte[] stream, int maxFrameBytes);

    /// <summary>
    /// The bytes allocated by decoding <paramref name="frame"/> so many times, each time after a first attempt with
    /// one byte missing.
    /// </summary>
    public abstract long MeasureAllocation(byte[] frame, int times);
}
