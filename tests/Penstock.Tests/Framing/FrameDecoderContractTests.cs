using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Penstock.Framing;

namespace Penstock.Tests.Framing;

/// <summary>The contract of <see cref="IFrameDecoder"/>, on every decoder.</summary>
public sealed class FrameDecoderContractTests
{
    private const int NoLimit = int.MaxValue;

    public static TheoryData<string> Decoders => [.. DecoderCases.All.Keys];

    [Theory, MemberData(nameof(Decoders))]
    public void A_split_at_any_byte_changes_nothing(string name)
    {
        (DecoderCase decoder, byte[] stream, FeedResult whole) = StreamOfFrames(name);
        for (int split = 0; split <= stream.Length; split++)
            AssertSame(whole, decoder.Feed(stream, NoLimit, [split]));
    }

    [Theory, MemberData(nameof(Decoders))]
    public void Byte_by_byte_changes_nothing(string name)
    {
        (DecoderCase decoder, byte[] stream, FeedResult whole) = StreamOfFrames(name);
        AssertSame(whole, decoder.Feed(stream, NoLimit, Enumerable.Repeat(1, stream.Length)));
    }

    [Theory, MemberData(nameof(Decoders))]
    public void Frames_come_out_as_they_went_in_whatever_the_reads(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        Prop.ForAll(Frames(decoder).ToArbitrary(), Chunks().ToArbitrary(), (frames, chunks) =>
        {
            byte[] stream = [.. frames.SelectMany(decoder.Encode)];
            AssertSame(new FeedResult(frames, OperationStatus.NeedMoreData), decoder.Feed(stream, NoLimit, chunks));
        }).QuickCheckThrowOnFailure();
    }

    [Theory, MemberData(nameof(Decoders))]
    public void Any_stream_is_cut_as_a_naive_parser_cuts_it(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        Arbitrary<byte[]> streams = Gen.OneOf(Noise(decoder), FramesThenNoise(decoder)).ToArbitrary();
        Arbitrary<int> limits = Gen.Choose(0, 20).ToArbitrary();
        Prop.ForAll(streams, limits, Chunks().ToArbitrary(), (stream, limit, chunks) =>
            AssertSame(ChunkedFeed.Expect(decoder.Naive, stream, limit), decoder.Feed(stream, limit, chunks)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory, MemberData(nameof(Decoders))]
    public void A_payload_may_be_exactly_as_long_as_the_limit(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        foreach (byte[] payload in Payloads(decoder))
        {
            byte[] frame = decoder.Encode(payload);
            Assert.Equal(OperationStatus.Done, decoder.FirstStatus(frame, payload.Length));
            if (payload.Length > 0)
                Assert.Equal(OperationStatus.DestinationTooSmall, decoder.FirstStatus(frame, payload.Length - 1));
        }
    }

    [Theory, MemberData(nameof(Decoders))]
    public void A_payload_over_the_limit_is_refused_as_soon_as_that_is_known(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        foreach (byte[] payload in Payloads(decoder).Where(payload => payload.Length > 0))
        {
            byte[] frame = decoder.Encode(payload);
            int limit = payload.Length - 1;
            int enough = decoder.BytesToRefuse(payload.Length);
            Assert.Equal(OperationStatus.DestinationTooSmall, decoder.FirstStatus(frame[..enough], limit));
            if (enough > 0)
                Assert.Equal(OperationStatus.NeedMoreData, decoder.FirstStatus(frame[..(enough - 1)], limit));
        }
    }

    [Theory, MemberData(nameof(Decoders))]
    public void A_reset_decoder_knows_nothing_of_the_last_connection(string name)
    {
        (DecoderCase decoder, byte[] stream, FeedResult whole) = StreamOfFrames(name);
        byte[] abandoned = decoder.Encode(decoder.ToPayload(new byte[stream.Length]))[..^1];
        AssertSame(whole, decoder.FeedAfterReset(abandoned, stream, NoLimit));
    }

    [Theory, MemberData(nameof(Decoders))]
    public void Decoding_allocates_nothing(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        byte[] frame = decoder.Encode(decoder.ToPayload(new byte[32]));
        decoder.MeasureAllocation(frame, times: 1);

        // The least of several: a collection that another test causes is charged to whoever runs meanwhile.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => decoder.MeasureAllocation(frame, times: 10_000)));
    }

    private static (DecoderCase Decoder, byte[] Stream, FeedResult Whole) StreamOfFrames(string name)
    {
        DecoderCase decoder = DecoderCases.All[name];
        byte[][] payloads = [.. Payloads(decoder)];
        byte[] stream = [.. payloads.SelectMany(decoder.Encode)];
        var whole = new FeedResult(payloads, OperationStatus.NeedMoreData);
        AssertSame(whole, decoder.Feed(stream, NoLimit, chunks: []));
        return (decoder, stream, whole);
    }

    /// <summary>Empty, one byte, and both sides of where a varint grows; empty ones in a row, and at the end.</summary>
    private static IEnumerable<byte[]> Payloads(DecoderCase decoder) =>
        new[] { 0, 1, 0, 0, 127, 128, 5, 700, 0 }
            .Select((length, index) => decoder.ToPayload([.. Enumerable.Range(index, length).Select(i => (byte)i)]));

    private static Gen<byte[]> FramesThenNoise(DecoderCase decoder) =>
        from frames in Frames(decoder)
        from noise in Noise(decoder)
        select frames.SelectMany(decoder.Encode).Concat(noise).ToArray();

    private static Gen<byte[][]> Frames(DecoderCase decoder) =>
        Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().Select(decoder.ToPayload).ArrayOf();

    private static Gen<byte[]> Noise(DecoderCase decoder) => Gen.Elements(decoder.Alphabet).ArrayOf();

    private static Gen<int[]> Chunks() => Gen.Choose(0, 9).ArrayOf();

    private static void AssertSame(FeedResult expected, FeedResult actual) =>
        Assert.Equal(expected.Hex, actual.Hex);
}
