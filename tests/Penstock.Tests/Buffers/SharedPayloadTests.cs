namespace Penstock.Tests.Buffers;

public sealed class SharedPayloadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(100_000)]
    public void What_was_written_stays_when_the_memory_has_to_grow(int capacity)
    {
        byte[] expected = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 31 + (i >> 8)))];
        using SharedPayload payload = SharedPayload.Create(capacity);
        foreach (byte[] part in expected.Chunk(777))
        {
            part.CopyTo(payload.GetSpan(part.Length));
            payload.Advance(part.Length);
        }

        Assert.Equal(expected, payload.Span);
    }

    [Fact]
    public void Memory_that_was_not_given_out_cannot_be_claimed()
    {
        using SharedPayload payload = SharedPayload.Create();
        int room = payload.GetSpan().Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => payload.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => payload.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => payload.GetMemory(-1));
        payload.Advance(room);
        Assert.Equal(room, payload.Length);
    }

    [Fact]
    public void A_reference_that_was_given_back_can_neither_be_given_back_again_nor_be_shared()
    {
        SharedPayload payload = SharedPayload.Copy("once"u8);
        payload.Retain();
        payload.Dispose();
        Assert.Equal("once"u8, payload.Span);
        payload.Dispose();
        Assert.Throws<ObjectDisposedException>(payload.Retain);
        Assert.Throws<ObjectDisposedException>(payload.Dispose);
    }
}
