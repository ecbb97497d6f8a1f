namespace Penstock.Drivers.Tests.IoUring;

internal static class IoUringRequirement
{
    public static void SkipWithoutIoUring()
    {
        string? refusal = new IoUringProbe().Refusal();
        Assert.SkipWhen(refusal is not null, refusal ?? "");
    }
}
