using System.IO.Pipelines;

namespace Penstock.Kestrel.Tests.Pipes;

/// <summary>
/// What an operation of a pipe came to, as text that can be compared: its result, the type of what it threw, or that it
/// waits.
/// </summary>
internal static class Outcome
{
    public const string Waits = "waits";

    public static string Of(Action operation)
    {
        try
        {
            operation();
            return "done";
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }

    /// <summary>Starts an operation; one that throws at once counts as one whose task failed.</summary>
    public static Task<string> Start<T>(Func<ValueTask<T>> operation, Func<T, string> describe)
    {
        try
        {
            return AwaitAsync(operation().AsTask(), describe);
        }
        catch (Exception exception)
        {
            return Task.FromResult(exception.GetType().Name);
        }
    }

    public static string Describe(ReadResult result) =>
        $"{Flags(result.IsCanceled, result.IsCompleted)} {result.Buffer.Length} bytes";

    public static string Describe(FlushResult result) => Flags(result.IsCanceled, result.IsCompleted);

    private static string Flags(bool canceled, bool completed) =>
        (canceled ? "canceled" : "") + (completed ? "completed" : "") + (canceled || completed ? "" : "fine");

    /// <summary>Nothing here may be left to the thread pool: the task is to be over when the pipe's is.</summary>
    private static async Task<string> AwaitAsync<T>(Task<T> operation, Func<T, string> describe)
    {
        try
        {
            return describe(await operation.ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }
}
