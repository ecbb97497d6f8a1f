namespace Penstock.Drivers.Tests.Contract;

public abstract partial class DriverContract
{
    private const int SeedsOfARun = 30;

    /// <summary>Random operations against a byte-exact model. A failure names the seed that repeats it.</summary>
    [Fact]
    public void Random_operations_agree_with_the_model()
    {
        // Here and not in a run: there a skip would be reported as the seed's failure.
        using (Fixture.Create(new DriverLimits(Slots: 1)))
        {
        }

        for (int seed = 1; seed <= SeedsOfARun; seed++)
        {
            try
            {
                RunModel(seed);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Assert.Fail($"seed {seed}: {error.Message}{Environment.NewLine}{error.StackTrace}");
            }
        }
    }

    private void RunModel(int seed)
    {
        var random = new Random(seed);
        int[] bufferSizes = [3, 64, 1_000, 65_536];
        using DriverHarness harness = Start(
            slots: Math.Min(Fixture.MaxSlots, 1 + seed % 6),
            receiveBufferBytes: bufferSizes[random.Next(bufferSizes.Length)],
            maxReadBytesPerTurn: random.Next(1, 20_000));
        new RandomizedModel(harness, random, Math.Min(Fixture.MaxSlots, 1 + seed % 6)).Run(operations: 400);
    }
}
