using System.Buffers;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

/// <summary>Runs the contract on one decoder struct, unboxed as a connection uses it.</summary>
internal sealed class StructDecoderCase<TDecoder>(TDecoder fresh) : DecoderCase
    where TDecoder : struct, IFrameDecoder
{
    public override FeedResult Feed(byte[] stream, int maxFrameBytes, IEnumerable<int> chunks) =>
        ChunkedFeed.Feed(fresh, stream, maxFrameBytes, chunks);

    public override OperationStatus FirstStatus(byte[] input, int maxFrameBytes)
    {
        TDecoder decoder = fresh;
        return decoder.Decode(input, maxFrameBytes, out _, out _);
    }

    public override FeedResult FeedAfterReset(byte[] abandoned, byte[] stream, int maxFrameBytes)
    {
        TDecoder decoder = fresh;
        decoder.Decode(abandoned, maxFrameBytes, out _, out _);
        decoder.Reset();
        return ChunkedFeed.Feed(decoder, stream, maxFrameBytes, chunks: []);
    }

    public override long MeasureAllocation(byte[] frame, int times)
    {
        TDecoder decoder = fresh;
        int done = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < times; i++)
        {
            decoder.Decode(frame.AsSpan(..^1), frame.Length, out _, out _);
            if (decoder.Decode(frame, frame.Length, out _, out _) == OperationStatus.Done)
                done++;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(times, done);
        return allocated;
    }
}
