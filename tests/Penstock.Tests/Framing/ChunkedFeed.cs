using System.Buffers;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

/// <summary>
/// Feeds a stream to a decoder as a connection does: chunk by chunk, with what was not consumed kept in front.
/// </summary>
internal static class ChunkedFeed
{
    /// <param name="decoder">Fresh; it is copied.</param>
    /// <param name="stream">The bytes that a peer sends.</param>
    /// <param name="maxFrameBytes">The limit for every frame.</param>
    /// <param name="chunks">The sizes of the reads; what they do not cover arrives in one last read.</param>
    public static FeedResult Feed<TDecoder>(TDecoder decoder, byte[] stream, int maxFrameBytes, IEnumerable<int> chunks)
        where TDecoder : struct, IFrameDecoder
    {
        List<byte[]> frames = [];
        int start = 0;
        foreach (int end in ReadEnds(stream.Length, chunks))
        {
            OperationStatus status;
            while ((status = DecodeOne(ref decoder, stream.AsSpan(start..end), maxFrameBytes, frames, out int consumed))
                == OperationStatus.Done)
                start += consumed;
            if (status != OperationStatus.NeedMoreData)
                return new FeedResult(frames, status);
        }
        return new FeedResult(frames, OperationStatus.NeedMoreData);
    }

    /// <summary>Cuts the whole stream with a naive parser that has it all before it.</summary>
    public static FeedResult Expect(NaiveParser parse, byte[] stream, int maxFrameBytes)
    {
        List<byte[]> frames = [];
        int start = 0;
        while (true)
        {
            NaiveFrame frame = parse(stream[start..], maxFrameBytes);
            if (frame.Status != OperationStatus.Done)
                return new FeedResult(frames, frame.Status);
            frames.Add(frame.Payload);
            start += frame.Consumed;
        }
    }

    private static IEnumerable<int> ReadEnds(int length, IEnumerable<int> chunks)
    {
        int end = 0;
        foreach (int chunk in chunks)
        {
            end = Math.Min(length, end + chunk);
            yield return end;
        }
        yield return length;
    }

    // What must hold for every call is asserted here, so that every test that feeds a decoder checks it.
    private static OperationStatus DecodeOne<TDecoder>(
        ref TDecoder decoder, ReadOnlySpan<byte> input, int maxFrameBytes, List<byte[]> frames, out int consumed)
        where TDecoder : struct, IFrameDecoder
    {
        OperationStatus status = decoder.Decode(input, maxFrameBytes, out ReadOnlySpan<byte> payload, out consumed);
        if (status == OperationStatus.Done)
        {
            Assert.InRange(consumed, Math.Max(1, payload.Length), input.Length);
            Assert.InRange(payload.Length, 0, maxFrameBytes);
            Assert.True(payload.IsEmpty || input.Overlaps(payload), "The payload is not a slice of the input.");
            frames.Add(payload.ToArray());
            return status;
        }
        Assert.Equal(0, consumed);
        Assert.True(payload.IsEmpty, "There is a payload without a frame.");
        TDecoder asked = decoder;
        Assert.Equal(status, asked.Decode(input, maxFrameBytes, out _, out _));
        return status;
    }
}
