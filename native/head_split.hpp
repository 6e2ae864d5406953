// How a head is divided between what stays in every slot and what is decoded with every item.
#pragma once

#include "context.hpp"
#include "token_table.hpp"

namespace telltale {

struct HeadSplit {
    TokenSpan resident; // kept in every slot
    TokenSpan repeated; // decoded before each row
};

/**
 * The whole head stays resident, but for two cases: a memory that cannot be cut back keeps nothing, and where some row
 * is empty the head's last token is decoded with the rows, because its logits are wanted. Throws BAD_ARGUMENT for a
 * token id out of range.
 */
inline HeadSplit split_head(const Context& context, TokenSpan head, const TokenTable& rows) {
    for (const llama_token token : head)
        context.model().check_token(token);
    size_t resident = context.can_share_head() ? head.size() : 0;
    if (resident > 0) {
        for (size_t i = 0; i < rows.rows(); ++i) {
            if (!rows.row(i).empty()) continue;
            --resident;
            break;
        }
    }
    return {head.first(resident), head.subspan(resident)};
}

} // namespace telltale
