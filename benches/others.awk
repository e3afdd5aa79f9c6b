# The ten requesters with the most requests, and the number of failed requests: what mawk does with least work.
#
# Right for lines whose request has no quotes of its own. Splitting at quotes gives 7 fields where splitting at spaces gives
# more than 30, and the status follows the second quote.
BEGIN { FS = "\"" }
{
    split($1, head, " ")
    requests[head[6]]++
    if ($3 ~ /^ [4-9]/) failed++
}
END {
    for (requester in requests) printf "%d\t%s\n", requests[requester], requester | "sort -k1,1nr -k2,2 | head -n 10"
    close("sort -k1,1nr -k2,2 | head -n 10")
    printf "%d\tfailed\n", failed
}
