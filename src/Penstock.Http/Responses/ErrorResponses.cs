namespace Penstock.Http.Responses;

/// <summary>One response per status, made when it is first needed.</summary>
internal static class ErrorResponses
{
    private static readonly PreparedResponse?[] Responses = new PreparedResponse?[600];

    public static PreparedResponse Of(int status) => Responses[status] ??= PreparedResponse.ForStatus(status);
}
