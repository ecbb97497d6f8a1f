using System.Runtime.CompilerServices;
using Penstock.Interop.Linux;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>Against <c>linux/io_uring.h</c>, which is the same for every architecture.</summary>
public sealed unsafe class IoUringLayoutTests
{
    [Fact]
    public void Structs_have_the_sizes_of_the_kernels_header()
    {
        Assert.Equal(64, sizeof(IoUringSubmission));
        Assert.Equal(16, sizeof(IoUringCompletion));
        Assert.Equal(120, sizeof(IoUringParameters));
        Assert.Equal(40, sizeof(IoUringParameters.SubmissionOffsets));
        Assert.Equal(40, sizeof(IoUringParameters.CompletionOffsets));
        Assert.Equal(16, sizeof(IoUringBuffer));
        Assert.Equal(40, sizeof(IoUringBufferRegistration));
        Assert.Equal(24, sizeof(IoUringWaitArgument));
        Assert.Equal(16, sizeof(KernelTimeSpan));
        Assert.Equal(16, sizeof(IoUringResourceUpdate));
    }

    [Fact]
    public void The_fields_of_a_submission_lie_where_the_kernel_reads_them()
    {
        IoUringSubmission entry = default;
        byte* start = (byte*)&entry;
        Assert.Equal(2, (byte*)&entry.OperationOptions - start);
        Assert.Equal(4, (byte*)&entry.Descriptor - start);
        Assert.Equal(8, (byte*)&entry.Offset - start);
        Assert.Equal(16, (byte*)&entry.Address - start);
        Assert.Equal(24, (byte*)&entry.Length - start);
        Assert.Equal(28, (byte*)&entry.OperationFlags - start);
        Assert.Equal(32, (byte*)&entry.UserData - start);
        Assert.Equal(40, (byte*)&entry.BufferGroup - start);
        Assert.Equal(44, (byte*)&entry.FileIndex - start);
    }

    [Fact]
    public void The_offsets_of_the_rings_lie_where_the_kernel_writes_them()
    {
        IoUringParameters parameters = default;
        byte* start = (byte*)&parameters;
        Assert.Equal(8, (byte*)&parameters.Flags - start);
        Assert.Equal(20, (byte*)&parameters.Features - start);
        Assert.Equal(40, (byte*)&parameters.Submission - start);
        Assert.Equal(40 + 24, (byte*)&parameters.Submission.Array - start);
        Assert.Equal(80, (byte*)&parameters.Completion - start);
        Assert.Equal(80 + 20, (byte*)&parameters.Completion.Entries - start);
    }

    [Fact]
    public void The_tail_of_a_buffer_ring_overlays_the_end_of_its_first_entry()
    {
        IoUringBuffer buffer = default;
        byte* start = (byte*)&buffer;
        Assert.Equal(8, (byte*)&buffer.Length - start);
        Assert.Equal(12, (byte*)&buffer.Id - start);
        Assert.Equal(14, (byte*)&buffer.Tail - start);
        IoUringBufferRegistration registration = default;
        Assert.Equal(12, (byte*)&registration.Group - (byte*)&registration);
        Assert.Equal(14, (byte*)&registration.Flags - (byte*)&registration);
    }

    [Fact]
    public void A_completion_tells_its_buffer_from_its_flags()
    {
        (ulong UserData, int Result, uint Flags) raw = (7, 100, 0x1234_0013);
        IoUringCompletion completion = default;
        ref byte start = ref Unsafe.As<IoUringCompletion, byte>(ref completion);
        Unsafe.WriteUnaligned(ref start, raw.UserData);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, 8), raw.Result);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, 12), raw.Flags);
        Assert.Equal((7ul, 100, 0x1234), (completion.UserData, completion.Result, completion.BufferId));
        Assert.True(completion is { HasBuffer: true, HasMore: true, HasMoreOfBuffer: true });
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 100)]
    [InlineData(10_000_000, 1, 0)]
    [InlineData(25_000_003, 2, 500_000_300)]
    public void A_duration_becomes_seconds_and_nanoseconds(long ticks, long seconds, long nanoseconds)
    {
        var span = KernelTimeSpan.From(TimeSpan.FromTicks(ticks));
        Assert.Equal((seconds, nanoseconds), (span.Seconds, span.Nanoseconds));
    }
}
